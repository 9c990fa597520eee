"""data/synthetic/: images to train on beside the real ones, laid out as data/prepared; none where share is 0."""

from pathlib import Path

import stages


def main() -> tuple[Path, str]:
    """Draw them, or take them from a folder."""
    from guidedseg import params
    from guidedseg.datasets import harmonised, prepared, splits, synthesizing
    from guidedseg.writing import whole_directory

    settings, real = params.load(), Path("data/prepared")
    chosen, threshold = settings.synthetic, settings.prepare.duplicate_similarity
    index = prepared.read_index(real)
    split = splits.read(Path("data/split.csv"), index)
    training = index[index["image_id"].isin(split.loc[split["split"] == "train", "image_id"])].sort_values("image_id")
    number = chosen.images(len(training))
    if chosen.folder is None:
        sizes = [*training[["height", "width"]].itertuples(index=False, name=None)]
        images = synthesizing.drawn(number, chosen.seed, sizes)
    else:
        images = synthesizing.sampled(Path(chosen.folder), number, chosen.seed)
    out = Path("data/synthetic")
    with whole_directory(out) as target:
        records = harmonised.records(images, settings.prepare.harmonising)
        made = synthesizing.write(records, target, duplicate_threshold=threshold)
        if chosen.folder is not None:
            synthesizing.refuse_copies(target, real, split, threshold)
    empty = int((made["lesion_count"] == 0).sum())
    return out, f"{len(made)} images, {empty} without a lesion, beside {len(training)} real training images"


if __name__ == "__main__":
    stages.run(main)
