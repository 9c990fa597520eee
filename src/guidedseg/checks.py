"""Everything that can be known to fail before the first stage runs."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from guidedseg import journal, lock, outside, params
from guidedseg.datasets.catalogue import DATASETS
from guidedseg.datasets.dataset import Raw
from guidedseg.errors import GuidedsegError, listed
from guidedseg.group import Group
from guidedseg.names import SPLITS, datasets_in
from guidedseg.params import Params
from guidedseg.params.training import Recipe

PREPARED = Path("data/prepared")


def run(path: Path = Path("params.yaml")) -> Iterator[str]:
    """Check everything, whatever is found.

    Args:
        path: params.yaml.

    Yields:
        One line per thing that is in order, or that works but is hardly what is wanted ("warning: ...").

    Raises:
        GuidedsegError: after the last line; names everything that would fail. Only where params.yaml itself is wrong
            nothing else is looked at.
    """
    settings = params.load(path)
    chosen = f"dataset {settings.dataset}, profile {settings.profile}, model {settings.model}, mode {settings.mode}"
    yield f"{path}: {chosen}"
    problems = []
    for check in (_folders, _disk, _raw_data, _split, _synthetic, _detector, _segmenter, _ranks):
        try:
            yield from check(settings)
        except GuidedsegError as error:
            problems.append(str(error).replace("\n", "\n    "))
    yield f"device: {_device()}"
    if problems:
        # two checks may meet the same one
        raise listed("This would fail", [*dict.fromkeys(problems)], "Mend it, then `guidedseg check` again.")


def _folders(_: Params) -> Iterator[str]:
    problems = []
    for folder in _written():
        try:
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            problems.append(f"{folder}: {error.strerror}")
    if {*"{}"} & {*str(Path.cwd())}:
        problems.append(f"{Path.cwd()}: DVC takes what is in braces for a name to be filled in")
    if problems:
        raise listed("folders are of no use", problems, "Change their owner or mode, or move the project.")
    yield "folders: can be written"


def _disk(settings: Params) -> Iterator[str]:
    needed = sum(DATASETS[name].gigabytes for name in (*settings.dataset_names, *settings.external))
    known = [getattr(settings.datasets, name).images or 0 for name in settings.dataset_names]
    # pictures twice, frames and regions at four times their area to be cropped from, and their probabilities
    images = sum(known) * (1 + settings.synthetic.share)
    needed += round(images * (22 * settings.chosen.inputs.image_size**2 + 600_000) / 1e9)
    for folder in {folder.stat().st_dev: folder for folder in reversed(_written())}.values():
        free = shutil.disk_usage(folder).free / 1e9
        if free < needed:
            raise GuidedsegError(
                f"{free:.1f} GB free on the disk of {folder}, about {needed} GB needed; "
                "`dvc gc -w` drops unused results"
            )
        yield f"disk of {folder}: {free:.0f} GB free"


def _written() -> list[Path]:
    """Folders in which stages and DVC make files, or will make these folders."""
    from dvc.exceptions import NotDvcRepoError
    from dvc.repo import Repo

    folders = [Path.cwd(), Path(".scratch").absolute()]
    try:
        with Repo() as project:
            folders += [Path(project.tmp_dir), Path(project.cache.local.path)]  # the cache may be on another disk
    except NotDvcRepoError:
        pass  # stages run without DVC too
    return list(dict.fromkeys(next(path for path in (folder, *folder.parents) if path.exists()) for folder in folders))


def _raw_data(settings: Params) -> Iterator[str]:
    from guidedseg.datasets import places

    for together in (settings.dataset, *settings.external):
        for name in () if Path("data/raw", together).exists() else datasets_in(together):
            options = getattr(settings.datasets, name)
            if isinstance(options, Raw):
                origin = places.find(DATASETS[name], options.source, drop_in=Path("data/external") / name)
                yield f"raw data: {origin}"


def _split(settings: Params) -> Iterator[str]:
    """The prepared images can be split, where there are those that the parameters ask for."""
    counts = _parts(settings)
    if counts is None:
        return
    yield "split: " + ", ".join(f"{counts[name]} {name}" for name in SPLITS) + " images"
    trained = [] if settings.model in params.GIVEN else ["train"]
    for group in trained if settings.detector == "cascade" else [settings.detector, *trained]:
        batch = getattr(settings.chosen, group).batch
        if batch > counts["train"]:
            key = f"profiles.{settings.profile}.{group}.batch"
            yield f"warning: {key}: {batch} is more than the {counts['train']} training images"


def _parts(settings: Params) -> dict[str, int] | None:
    """How many images each split has; None where they are not prepared."""
    if not _prepared(settings):
        return None
    from guidedseg.datasets import prepared, splitting

    split = splitting.assign(prepared.read_index(PREPARED), **settings.split.model_dump())
    return {str(name): int(count) for name, count in split["split"].value_counts().items()}


def _synthetic(settings: Params) -> Iterator[str]:
    """Synthetic images can be had, where there are to be any, and how many there will be."""
    chosen = settings.synthetic
    if not chosen.share:
        return
    from guidedseg.datasets import synthesizing

    parts, source, there = _parts(settings), "drawn", None
    if chosen.folder is not None:
        own, survey = synthesizing.check(Path(chosen.folder))
        there = len(survey.entries)
        source = f"of the {there} in {own}, {survey.with_lesion} with a lesion"
    number = f"{chosen.share:g} times as many as real training images"
    if parts is not None:
        if there is not None:
            synthesizing.enough(Path(chosen.folder or ""), there, chosen.images(parts["train"]))
        number = f"{chosen.images(parts['train'])} images beside {parts['train']} real training images"
    use = {"both": "detector and segmenters", "detector": "the detector alone", "segmenters": "the segmenters alone"}
    yield f"synthetic: {number}, {source}, for {use[chosen.use]}"
    if chosen.given_to("segmenters") and settings.chosen.train.steps is None:
        key = f"profiles.{settings.profile}.train.steps"
        yield f"warning: {key}: null has every item once, so that epochs are longer by the synthetic ones"


def _prepared(settings: Params) -> bool:
    """Whether data/prepared is there, of the chosen dataset, made with these parameters and by this code."""
    before = lock.upstream(lock.read(Path("dvc.lock")), PREPARED.as_posix()).values()
    made, values = lock.outs(*before), settings.model_dump()
    return (
        (PREPARED / "index.csv").is_file()
        and f"data/raw/{settings.dataset}" in made
        and outside.unchanged(Path("data/outside") / settings.dataset / "dataset.json", _datasets(settings))
        and all(lock.at(values, key) == value for stage in before for key, value in stage.parameters.items())
        and all(_is(dep) for stage in before for dep in stage.deps if dep.path not in made)
    )


def _datasets(settings: Params) -> dict[str, Group]:
    return {name: getattr(settings.datasets, name) for name in settings.dataset_names}


def _is(dep: lock.File) -> bool:
    return Path(dep.path).exists() and journal.md5(Path(dep.path)) == dep.md5


def _detector(settings: Params) -> Iterator[str]:
    """What the detector starts from can be had, and its recipe is one."""
    if settings.detector == "cascade":
        yield f"detector: none, boxes are those of {settings.model} on whole images"
        return
    if settings.detector != "yolo":
        from guidedseg.detection.pyramid import training

        chosen = settings.chosen.fcos if settings.detector == "fcos" else settings.chosen.maskrcnn
        net = training.network(settings.detector, chosen.encoder, chosen.model_dump(), chosen.encoder_weights)
        count = sum(parameter.numel() for parameter in net.parameters()) / 1e6
        weights_used = chosen.encoder_weights or "from scratch"
        yield (
            f"detector: {settings.detector} on encoder {chosen.encoder} (weights: {weights_used}): "
            f"{count:.2f} M parameters"
        )
        return
    from guidedseg.detection.yolo import weights

    recipe, group = settings.chosen.yolo, f"profiles.{settings.profile}.yolo"
    yield f"detector: {weights.check(recipe.weights)}"
    if recipe.warmup_epochs >= recipe.epochs:
        warmup = f"{recipe.warmup_epochs:g} of {recipe.epochs} epochs"
        yield f"warning: {group}.warmup_epochs: {warmup}, so that the learning rate lr0 is never reached"
    if recipe.image_size == 32:
        yield f"warning: {group}.image_size: 32 leaves the detector a map of 1 x 1 pixel at stride 32"


def _segmenter(settings: Params) -> Iterator[str]:
    """The network can be built, its weights fit, the images are large enough for it, and the memory for both."""
    from guidedseg import needs
    from guidedseg.segmentation import models, small_maps

    if settings.model in params.GIVEN:
        yield from _given(settings)
        return
    name, network, size = settings.model, settings.chosen.network, settings.chosen.inputs.image_size
    options = getattr(settings.models, name).model_dump()
    net = models.build(name, options, **network.model_dump(), image_size=size)
    count = sum(parameter.numel() for parameter in net.parameters()) / 1e6
    encoder = models.encoder_used(name, network.encoder)
    weights = models.weights_used(name, network.encoder, network.encoder_weights)
    yield f"{name} on encoder {encoder} (weights: {weights or 'from scratch'}): {count:.2f} M parameters"
    for rate, side in sorted(set(small_maps.blind(net, size))):
        key = f"profiles.{settings.profile}.inputs.image_size"
        yield f"warning: {key}: {size} gives {name} maps of {side} x {side}, too small for convolutions of rate {rate}"
    recipe, key = settings.chosen.train, f"profiles.{settings.profile}"
    batch = recipe.batch // (recipe.devices * recipe.nodes)
    wanted, (there, free) = needs.training(net, batch, size), needs.memory()
    text = f"about {wanted:.1f} GB to train {name} on {batch} x {size} x {size}, {free:.1f} of {there:.1f} GB free"
    if wanted > there:
        raise GuidedsegError(
            f"memory: {text}. Lower {key}.train.batch, {key}.inputs.image_size or the network's widths"
        )
    yield f"warning: memory: {text}" if wanted > free else f"memory: {text}"


def _given(settings: Params) -> Iterator[str]:
    """The weights of a network that is not trained are there and fit, and the memory to run it."""
    from guidedseg import needs
    from guidedseg.lookahead import cores
    from guidedseg.segmentation import models

    name, size, options = settings.model, settings.chosen.inputs.image_size, settings.models.sam
    net = models.build(name, options.model_dump(), **settings.chosen.network.model_dump(), image_size=size)
    count = sum(parameter.numel() for parameter in net.parameters()) / 1e6
    yield f"{name}: {Path(options.weights or '').name} ({net.kind}), not trained: {count:.2f} M parameters"
    (once, each), (there, free) = needs.running(net, size), needs.memory()
    wanted = once + each * cores()
    text = f"about {wanted:.1f} GB to run {name} on {cores()} core(s), {free:.1f} of {there:.1f} GB free"
    if wanted > there:
        raise GuidedsegError(f"memory: {text}. Lower models.{name}.pixels, or set OMP_NUM_THREADS to fewer cores")
    yield f"warning: memory: {text}" if wanted > free else f"memory: {text}"


def _ranks(settings: Params) -> Iterator[str]:
    """The devices that train together are there."""
    from guidedseg.fitting import launching

    recipes: dict[str, Recipe] = {} if settings.model in params.GIVEN else {"train": settings.chosen.train}
    if settings.detector == "fcos":
        recipes["fcos"] = settings.chosen.fcos
    for group, recipe in recipes.items():
        key = f"profiles.{settings.profile}.{group}"
        launching.check(key, recipe.devices)
        if recipe.nodes > 1:
            yield f"warning: {key}.nodes: srun or torchrun must start this training, `dvc repro` cannot"
        elif recipe.devices > 1:
            yield f"{key}: {recipe.devices} ranks, {recipe.batch // recipe.devices} items of each batch for each"


def _device() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
