"""data/prepared/, data/others/DATASET: grey images and binary masks on one grid, and the index of what they are."""

import argparse
from functools import partial
from pathlib import Path

import stages


def main() -> tuple[Path, str] | None:
    """Prepare the dataset, or the union, named on the command line; then comes the folder to write.

    ``--shard I/N`` does a part of it, which the stage takes over: on a cluster whose machines share the disk, say.
    """
    from guidedseg import params
    from guidedseg.cluster.cutting import Shard
    from guidedseg.cluster.tasks import Once
    from guidedseg.datasets import harmonised, preparing, sharded, union
    from guidedseg.datasets.unfinished import key

    asked = argparse.ArgumentParser()
    asked.add_argument("name")
    asked.add_argument("target", type=Path)
    asked.add_argument("--shard")
    given = asked.parse_args()
    settings, raw, target = params.load(), Path("data/raw") / given.name, given.target
    how = settings.prepare.harmonising
    place = Path(".scratch/prepare") / target.name / key(raw, settings.model_dump(include={"datasets", "prepare"}))
    survey = Once(partial(union.survey, given.name, dict(settings.datasets), raw))
    if given.shard is not None:
        sharded.fill(survey, how, place, [shard := Shard.parse(given.shard)])
        print(f"{(place / shard.name).as_posix()}: done. When all {shard.of} are, `dvc repro` brings them together.")
        return None
    index = sharded.prepare(survey, how, place, target, duplicate_threshold=settings.prepare.duplicate_similarity)
    return target, "; ".join([preparing.told(index, target), *harmonised.told(target, how)])


if __name__ == "__main__":
    stages.run(main)
