from guidedseg.lookahead import in_order


def test_in_order_keeps_the_order_and_looks_ahead_a_bounded_number_of_items(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    taken = []

    def items():
        for item in range(100):
            taken.append(item)
            yield item

    results = in_order(lambda item: item * 2, items())
    assert [next(results) for _ in range(10)] == list(range(0, 20, 2))
    assert len(taken) <= 10 + 2 * 2 + 1
