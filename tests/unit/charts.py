"""The chart figures by name, runs to draw them of, and what can be read off a drawn one."""

from drawings import FRAME, Drawing, nothing, square
from runs import run_of

from guidedseg.reporting.figures import detector, lesion_size, patients, reliability, rules, training

CHARTS = {module.FIGURE.name: module for module in (lesion_size, patients, detector, reliability, rules, training)}
LESION = square(8, 8, 8)  # 64 of 1024 pixels: 6.25 %
BOX = (8, 8, 16, 16)


def image(name, truth=LESION, *, direct=None, guided=None, confidence=0.9, **changes):
    """An image; ``guided`` is the mask in a box of the frame, no box without one."""
    boxes = () if guided is None else ((confidence, FRAME, guided),)
    true = ((BOX, truth),) if truth.any() else ()
    pathology = "benign" if truth.any() else "normal"
    given = {"image_id": name, "pathology": pathology, **changes}
    return Drawing(truth, nothing() if direct is None else direct, boxes, true, **given)


NORMAL = image("n", nothing())
HIT = image("a $x^2$ <script>", direct=LESION)._replace(boxes=((0.9, BOX, square(0, 0, 32)),), patient_id="P $x^2$ <b>")
MISS = image("b", patient_id="Q", pathology="malignant")
FALSE = image("f", nothing(), direct=LESION, guided=LESION, confidence=0.3)
RUNS = {
    "one lesion": run_of(HIT),
    "one miss without a box": run_of(MISS),
    "one normal with a weak box": run_of(FALSE),
    "all": run_of(NORMAL, HIT, MISS, FALSE),
}


def figure_of(name, run):
    return CHARTS[name].FIGURE.draw(run, {})


def texts(figure):
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def points(axes, marker):
    """What is drawn with a marker, (x, y) each."""
    lines = [line for line in axes.lines if line.get_marker() == marker]
    return sorted((float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True))
