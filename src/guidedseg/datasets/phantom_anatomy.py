"""Made-up breast anatomy: layered tissue and lesions as maps of echo strength, before any imaging.

Lengths are in units of the frame's height (depth 0 is the skin, 1 the lower edge), so one anatomy looks the same at
every resolution. Echo strengths are in decibels below full white. The order of strengths and the signs that set
benign from malignant follow the usual sonographic signs (Stavros et al., Radiology 196:123, 1995): fat and muscle
dark, glandular tissue and connective tissue bright; benign masses smooth, wider than tall and enhancing behind,
malignant ones irregular, taller than wide and shadowing.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]

FAT_DB, GLAND_DB, MUSCLE_DB, CHEST_DB, SKIN_DB = -45.0, -34.0, -43.0, -50.0, -33.0
SEPTA_AMPLITUDE = 0.17  # a ligament seen at right angles, as a share of full white


@dataclass(frozen=True)
class Tissue:
    """Lesion-free anatomy of one patient, wider than a frame so that the probe can move along it.

    Attributes:
        echo_db: (H, W) float32, diffuse echo strength.
        specular: (H, W) float32, amplitude of mirror-like surfaces (ligaments, fasciae, bone).
        transmission_db: (H, W) float32, what structures above leave of the beam (0 or less).
    """

    echo_db: Field
    specular: Field
    transmission_db: Field


@dataclass(frozen=True)
class Lesion:
    """One mass: where it lies, its outline around the centre, and how it answers.

    Attributes:
        x: centre across, from the left edge of an unshifted frame.
        depth: centre below the skin.
        radius_x: half width of the outline's ellipse.
        radius_y: half height of it.
        ripple: (2, K) float64, cosine and sine weights of the outline's harmonics from the third on.
        level_db: echo strength inside.
        edge: width of the blurred margin.
        malignant: sets shadow, halo and spicules instead of enhancement.
    """

    x: float
    depth: float
    radius_x: float
    radius_y: float
    ripple: NDArray[np.float64]
    level_db: float
    edge: float
    malignant: bool


def coordinates(shape: tuple[int, int]) -> tuple[Field, Field]:
    """Depth (H, 1) and distance from the left edge (1, W) of pixel centres in frame heights, float32."""
    height, width = shape
    depth = (np.arange(height, dtype=np.float32) + 0.5) / height
    across = (np.arange(width, dtype=np.float32) + 0.5) / height
    return depth[:, None], across[None, :]


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], *, across: float, down: float) -> Field:
    """Noise of mean 0 and deviation 1, (H, W) float32, whose blobs measure ``across`` x ``down`` frame heights."""
    height, width = shape
    cells = (int(np.ceil(1 / down)) + 3, int(np.ceil(width / height / across)) + 3)
    coarse = rng.standard_normal(cells, dtype=np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def _threads(field: Field, thickness: float) -> Field:
    """Thin lines, 0 to 1, along the zero crossings of a field, strongest where they lie across the beam.

    A mirror-like surface sends its echo back only when it faces the probe, so upright septa fade.
    """
    down, across = np.gradient(field)
    slope = np.hypot(down, across)
    slope = np.maximum(slope, 0.5 * slope.mean())  # else a line swells where the field is flat
    distance = field / slope / field.shape[0]
    return np.asarray(np.exp(-((distance / thickness) ** 2)) * (0.1 + 0.9 * (np.abs(down) / slope) ** 3), np.float32)


def _boundary(rng: np.random.Generator, shape: tuple[int, int], depth: float, swing: float, across: float) -> Field:
    """Depth of a layer's lower surface in every column, (1, W) float32."""
    line = smooth_noise(rng, shape, across=across, down=2.0)[:1]
    return np.asarray(depth + swing * line, np.float32)


def _below(depth: Field, surface: Field | float, softness: float) -> Field:
    """0 above a surface, 1 below it, (H, W) float32, with a soft step."""
    return np.asarray(1 / (1 + np.exp(np.clip((surface - depth) / softness, -30, 30))), np.float32)


def _lookalikes(rng: np.random.Generator, echo: Field, depth: Field, x: Field, gland: Field) -> Field:
    """Put a fat lobule in the gland and vessels into ``echo``; returns the bright rims as amplitude.

    A lobule is as dark as fat, no darker, and has a bright capsule; a vessel is dark as a cyst but too small to be
    taken for a mass.
    """
    rims = np.zeros_like(echo)
    reach = float(x[0, -1])
    for _ in range(int(rng.integers(0, 3))):
        wide, tall = rng.uniform(0.1, 0.22), rng.uniform(0.03, 0.06)
        turned = depth - rng.uniform(0.3, 0.55) - rng.uniform(-0.3, 0.3) * (x - (cx := rng.uniform(0.1, reach)))
        radius = np.hypot((x - cx) / wide, turned / tall)
        inside = gland / (1 + np.exp(np.clip((radius - 1) * 12, -30, 30)))
        echo += inside * (FAT_DB + 1 - echo)
        facing = 0.1 + 0.9 * np.clip(np.abs(turned) / tall, 0, 1) ** 3
        rims += gland * 0.4 * SEPTA_AMPLITUDE * facing * np.exp(-(((radius - 1.05) / 0.08) ** 2))
    for _ in range(int(rng.integers(0, 4))):
        size = rng.uniform(0.012, 0.022)
        radius = np.hypot(
            (x - rng.uniform(0.1, reach)) / (size * rng.uniform(1, 1.8)), (depth - rng.uniform(0.2, 0.7)) / size
        )
        echo += (-60 - echo) / (1 + np.exp(np.clip((radius - 1) * 8, -30, 30)))
    return np.asarray(rims, np.float32)


def _shadows(rng: np.random.Generator, depth: Field, x: Field, ribs: Field) -> Field:
    """Transmission in dB behind ribs, and behind steep ligaments as vertical streaks, (H, W) float32."""
    shadow = np.cumsum(ribs, axis=0) * np.float32(-400.0 / ribs.shape[0])
    for _ in range(int(rng.integers(0, 3))):
        beside = (x - rng.uniform(0, float(x[0, -1])) - 0.1 * (depth - 0.3)) / rng.uniform(0.03, 0.09)
        shadow -= rng.uniform(2, 6) * np.exp(-(beside**2)) * _below(depth, rng.uniform(0.1, 0.3), 0.05)
    shadow += np.minimum(2.5 * smooth_noise(rng, ribs.shape, across=0.45, down=1.5), 1.5)  # uneven contact
    return np.asarray(np.maximum(shadow, -25), np.float32)


def draw_tissue(rng: np.random.Generator, shape: tuple[int, int]) -> Tissue:
    """Draw one patient's lesion-free anatomy on a canvas of ``shape`` (H, W) pixels.

    From the top: skin, subcutaneous fat divided by Cooper's ligaments, scalloped glandular tissue, a thin fatty
    seam, the pectoral muscle with its fibres, then ribs or the chest wall.
    """
    depth, x = coordinates(shape)

    def noise(across: float, down: float) -> Field:
        return smooth_noise(rng, shape, across=across, down=down)

    skin = _boundary(rng, shape, rng.uniform(0.035, 0.055), 0.003, 0.5)
    scallops = 0.07 * np.hypot(_boundary(rng, shape, 0, 1, 0.28), 0.5)
    fat = _boundary(rng, shape, rng.uniform(0.08, 0.42), 0.03, 0.7) + scallops
    tilt = rng.uniform(-0.16, 0.16) * (x - x.mean())
    gland = _boundary(rng, shape, rng.uniform(0.56, 0.76), 0.03, 1.2) + 0.6 * tilt
    gland += max(0.0, float((fat + 0.1 - gland).max()))  # all of it, lest deep layers repeat the scallops
    seam = gland + rng.uniform(0.015, 0.05)
    muscle = seam + rng.uniform(0.1, 0.2) + _boundary(rng, shape, 0, 0.012, 1.2) + 0.4 * tilt

    in_fat, in_gland = _below(depth, skin, 0.004), _below(depth, fat, 0.01)
    in_seam, in_muscle, in_chest = (_below(depth, line, 0.008) for line in (gland, seam, muscle))
    grain = (
        0.8 * noise(0.12, 0.03)
        + 0.5 * noise(0.05, 0.015)
        + 0.6 * noise(0.35, 0.09)
        - 0.9 * _threads(noise(0.2, 0.05), 0.008)
    )
    levels = [
        (np.float32(1), SKIN_DB + 2 * noise(0.4, 0.01)),
        (in_fat, FAT_DB + 1.5 * noise(0.2, 0.08)),
        (in_gland, GLAND_DB + rng.uniform(-2, 2) + rng.uniform(2.5, 5) * grain),
        (in_seam, FAT_DB + noise(0.2, 0.05)),
        (in_muscle, MUSCLE_DB + 2 * noise(0.5, 0.02) + 1.5 * noise(0.3, 0.1)),
        (in_chest, CHEST_DB + 2 * noise(0.6, 0.05)),
    ]
    echo = np.zeros(shape, np.float32)
    for inside, level in levels:
        echo += inside * (level - echo)

    just_fat, just_gland = in_fat * (1 - in_gland), in_gland * (1 - in_seam)
    rims = _lookalikes(rng, echo, depth, x, just_gland)
    patchy = np.exp(0.9 * noise(0.16, 0.05) - 0.5)
    ligaments = np.maximum(_threads(noise(0.35, 0.1), 0.0035), 0.6 * _threads(noise(0.2, 0.06), 0.0025))
    strands = np.maximum(_threads(noise(0.35, 0.05), 0.003), _threads(noise(0.22, 0.035), 0.002))
    fibres = _threads(np.sin(2 * np.pi * (depth - seam) / 0.045 + 1.8 * noise(0.4, 0.06)).astype(np.float32), 0.003)
    ribs = _draw_ribs(rng, depth, x, muscle)
    specular = SEPTA_AMPLITUDE * (
        patchy * (just_fat * ligaments + 0.5 * just_gland * strands)
        + 0.3 * np.clip(patchy - 0.4, 0, 2) * in_muscle * (1 - in_chest) * fibres
        + 1.0 * _line(depth, skin, 0.003) * np.clip(patchy, 0.3, 2)
        + 0.4 * _line(depth, fat, 0.0035) * patchy
        + 0.9 * (_line(depth, seam, 0.0035) + _line(depth, muscle, 0.004)) * np.clip(patchy, 0.3, 2)
        + 2.0 * _line(depth, 0.008, 0.003)
        + 1.5 * ribs
    )
    return Tissue(echo, np.asarray(specular + patchy * rims, np.float32), _shadows(rng, depth, x, ribs))


def _line(depth: Field, surface: Field | float, thickness: float) -> Field:
    """A line along a surface, 0 to 1, (H, W) float32."""
    return np.asarray(np.exp(-(((depth - surface) / thickness) ** 2)), np.float32)


def _draw_ribs(rng: np.random.Generator, depth: Field, x: Field, muscle: Field) -> Field:
    """Bright caps of ribs under the muscle, 0 to 1, (H, W) float32; about half of the patients show one."""
    ribs = np.zeros(np.broadcast_shapes(depth.shape, x.shape), np.float32)
    places = rng.uniform(0, 0.6) + np.arange(0, float(x[0, -1]), 0.9)
    for place in places if rng.random() < 0.5 else ():
        beside = (x - place) / rng.uniform(0.12, 0.2)
        cap = muscle + 0.015 + 0.07 * beside**2
        ribs = np.maximum(ribs, _line(depth, cap, 0.01) * np.clip(1.5 * (1 - beside**2), 0, 1))
    return ribs


def draw_lesion(rng: np.random.Generator, *, malignant: bool, x: float, frame_area: float, largest: float) -> Lesion:
    """Draw one mass centred at ``x``.

    Args:
        rng: source of every draw.
        malignant: irregular and taller than wide, instead of smooth and wider than tall.
        x: centre across, in frame heights.
        frame_area: area of a frame in squared frame heights.
        largest: upper bound of the mass's share of the frame.
    """
    share = np.exp(rng.uniform(np.log(0.02), np.log(largest)))
    aspect = rng.uniform(0.62, 0.85) if malignant else rng.uniform(1.5, 2.1)
    radius = np.sqrt(share * frame_area / np.pi)
    harmonics = np.arange(3, 12 if malignant else 6)
    roughness = 0.34 / harmonics**0.9 if malignant else 0.15 / harmonics
    radius_y = float(radius / np.sqrt(aspect))
    return Lesion(
        x=x,
        depth=float(np.clip(rng.uniform(0.28, 0.5), 0.1 + 1.15 * radius_y, 0.75 - radius_y)),
        radius_x=float(radius * np.sqrt(aspect)),
        radius_y=radius_y,
        ripple=rng.standard_normal((2, harmonics.size)) * roughness / np.sqrt(2),
        level_db=float(rng.uniform(-60, -55) if malignant else rng.uniform(-61, -55)),
        edge=float(rng.uniform(0.01, 0.018) if malignant else rng.uniform(0.006, 0.01)),
        malignant=malignant,
    )


def signed_distance(lesion: Lesion, x: Field, depth: Field, *, growth: float) -> tuple[Field, Field]:
    """How far inside the outline each point lies, and in which direction from the centre.

    Args:
        lesion: its centre is where ``x`` and ``depth`` are 0.
        x: (1, W) float32, distance from the centre across.
        depth: (H, 1) float32, distance from the centre downwards.
        growth: scale of the outline (a plane off the centre cuts a smaller outline).

    Returns:
        (H, W) float32, positive inside, in frame heights (exact on the outline, approximate off it), and the angle.
    """
    across, down = x / (lesion.radius_x * growth), depth / (lesion.radius_y * growth)
    angle = np.arctan2(down, across)
    orders = np.arange(3, 3 + lesion.ripple.shape[1])
    turn = np.linspace(-np.pi, np.pi, 361)
    outline = 1 + lesion.ripple[0] @ np.cos(np.outer(orders, turn)) + lesion.ripple[1] @ np.sin(np.outer(orders, turn))
    outline = np.maximum(outline, 0.5)
    outline /= np.sqrt(np.mean(outline[:-1] ** 2))  # keeps the area that was drawn
    reach = np.interp(angle, turn, outline)
    size = growth * np.sqrt(lesion.radius_x * lesion.radius_y)
    return np.asarray((reach - np.hypot(across, down)) * size, np.float32), np.asarray(angle, np.float32)
