"""From anatomy to a B-mode picture: lesions set in, beam, speckle, log compression, screen.

Speckle: the envelope of many unresolved scatterers is Rayleigh distributed with mean/deviation 1.91 (Wagner, Smith,
Sandrik, Lopez, "Statistics of speckle in ultrasound B-scans", IEEE Trans. Sonics Ultrason. 30:156, 1983); it comes
here from complex Gaussian scatterers blurred by a finite point spread function, and mirror-like surfaces add a steady
part (Rician). Scanners average several looks (spatial compounding: Trahey, Smith, von Ramm, IEEE Trans. UFFC 33:257,
1986), which raises 1.91 by the root of their number, then show decibels over a fixed dynamic range.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from guidedseg.datasets.phantom_anatomy import Field, Lesion, Tissue, coordinates, signed_distance, smooth_noise

LOOKS = 4
TINT = np.array([0.955, 0.985, 1.06], np.float32)  # red, green, blue of a grey, as in BUS-UCLM's pictures


@dataclass(frozen=True)
class View:
    """One position of the probe.

    Attributes:
        shift: how far it moved along the patient, in frame heights, from the canvas' middle.
        growth: scale of the lesions' outlines in this plane.
        pressure: depth squeeze, 0 for none.
        gain_db: receiver gain.
        range_db: dynamic range on the screen.
    """

    shift: float
    growth: float
    pressure: float
    gain_db: float
    range_db: float


@dataclass(frozen=True)
class Chance:
    """What no anatomy and no setting decides. A still draws all of it anew (``draw_chance``), a cine little by little.

    Attributes:
        sway: (H, W) float32, mean 0 and deviation 1: how the tissue is bent.
        mottle: likewise: how unevenly a lesion answers.
        spicules: of every lesion, their number around it and where they start (not used of a benign one).
        scatterers: of every look, (2, H, W) float32, real and imaginary part, independent, deviation 1.
    """

    sway: Field
    mottle: Field
    spicules: Sequence[tuple[np.int64, float]]
    scatterers: Sequence[Field]


def draw_sway(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """``Chance.sway`` of ``shape`` (H, W)."""
    return smooth_noise(rng, shape, across=0.5, down=0.5)


def draw_mottle(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """``Chance.mottle`` of ``shape`` (H, W)."""
    return smooth_noise(rng, shape, across=0.06, down=0.04)


def draw_spicules(rng: np.random.Generator, lesion: Lesion) -> tuple[np.int64, float]:
    """``Chance.spicules`` of a lesion."""
    return (rng.integers(9, 14), rng.uniform(0, 6)) if lesion.malignant else (np.int64(0), 0.0)


def draw_scatterers(rng: np.random.Generator, shape: tuple[int, int], looks: int = LOOKS) -> list[Field]:
    """``Chance.scatterers`` of ``shape`` (H, W)."""
    return [rng.standard_normal((2, *shape), dtype=np.float32) for _ in range(looks)]


def draw_chance(rng: np.random.Generator, lesions: Sequence[Lesion], shape: tuple[int, int]) -> Chance:
    """All that a still of ``shape`` (H, W) leaves to chance."""
    return Chance(
        sway=draw_sway(rng, shape),
        mottle=draw_mottle(rng, shape),
        spicules=[draw_spicules(rng, lesion) for lesion in lesions],
        scatterers=draw_scatterers(rng, shape),
    )


def point_spread(height: int) -> tuple[float, float]:
    """Deviation in pixels, across and along the beam: wider across, as of a linear array."""
    return max(0.0058 * height, 0.6), max(0.0034 * height, 0.45)


def envelope(amplitude: Field, specular: Field, scatterers: Sequence[Field]) -> Field:
    """Speckled echo amplitude.

    Args:
        amplitude: (H, W) float32, root mean square amplitude of the diffuse echo.
        specular: (H, W) float32, amplitude of the steady echo.
        scatterers: (2, H, W) of every look, averaged; one gives Rayleigh statistics where ``specular`` is 0.

    Returns:
        (H, W) float32, of mean square ``amplitude ** 2`` where that is even and ``specular`` is 0 (for one look).
    """
    across, along = point_spread(amplitude.shape[0])
    impulse = cv2.getGaussianKernel(61, across) @ cv2.getGaussianKernel(61, along).T
    unit = np.float32(1 / np.sqrt(2 * np.sum(impulse**2)))  # blurred white noise loses this much

    def blurred(field: Field) -> Field:
        return np.asarray(cv2.GaussianBlur(field, (0, 0), across, sigmaY=along, borderType=cv2.BORDER_REFLECT))

    steady = blurred(specular)
    total = np.zeros_like(amplitude)
    for look in scatterers:
        diffuse = look * (amplitude * unit)
        total += np.hypot(blurred(diffuse[0]) + steady, blurred(diffuse[1]))
    return total / np.float32(len(scatterers))


def compress(echo: Field, range_db: float) -> NDArray[np.uint8]:
    """Log compression: amplitude 1 is white, ``range_db`` below it black. (H, W) float32 to uint8."""
    shown = 1 + 20 * np.log10(np.maximum(echo, 1e-9)) / range_db
    return np.asarray(np.clip(np.rint(255 * shown), 0, 255), np.uint8)


def _lesion_maps(
    lesion: Lesion, depth: Field, x: Field, growth: float, spicules: tuple[np.int64, float]
) -> tuple[Field, Field, Field, Field]:
    """What a lesion does in one plane: share of each pixel inside, added dB around, beam gain dB, outline (> 0)."""
    distance, angle = signed_distance(lesion, x - lesion.x, depth - lesion.depth, growth=growth)
    inside = 1 / (1 + np.exp(np.clip(-distance / (0.5 * lesion.edge), -30, 30)))
    outside = np.maximum(-distance, 0)
    path = np.cumsum(inside, axis=0) / inside.shape[0]
    path = (1 - 0.6 * inside) * cv2.GaussianBlur(path.astype(np.float32), (0, 0), 0.03 * inside.shape[0], sigmaY=1)
    below = np.clip((depth - lesion.depth) / (lesion.radius_y * growth), 0, 1)
    if lesion.malignant:
        number, turn = spicules
        rays = np.sin(angle * number + turn) * np.exp(-outside / 0.04)
        around = (1 - inside) * (3.5 * np.exp(-outside / 0.03) + 3 * rays)
        return inside, around, -12 * np.tanh(5 * path), distance
    rim = (1 - inside) * 3 * np.exp(-outside / 0.008)
    refracted = sum(np.exp(-(((x - lesion.x - side * lesion.radius_x * growth) / 0.018) ** 2)) for side in (-1.0, 1.0))
    return inside, rim, 10 * np.tanh(6 * path) - 3 * refracted * below, distance


def take_picture(
    tissue: Tissue, lesions: list[Lesion], view: View, size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Image a patient from one position of the probe.

    Args:
        tissue: canvas wider than the frame.
        lesions: masses cut by this plane, none for a normal frame.
        view: position and settings.
        size: (height, width) of the frame in pixels.
        rng: source of the speckle.

    Returns:
        (H, W) uint8 grey picture and (H, W) bool lesion mask.
    """
    grey, masks = render(tissue, lesions, view, draw_chance(rng, lesions, size))
    return grey, np.logical_or.reduce(masks) if masks else np.zeros(size, np.bool_)


def render(
    tissue: Tissue, lesions: Sequence[Lesion], view: View, chance: Chance
) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]:
    """As ``take_picture``, with nothing left to draw.

    Args:
        tissue: canvas wider than the frame.
        lesions: masses cut by this plane.
        view: position and settings.
        chance: of this picture; it has the frame's size.

    Returns:
        (H, W) uint8 grey picture, and of every lesion the (H, W) bool mask.
    """
    height, width = size = chance.sway.shape
    depth, x = coordinates(size)
    sway = 0.012 * chance.sway * np.minimum(depth / 0.2, 1)
    left = (tissue.echo_db.shape[1] - width) / 2 / height + view.shift
    columns = np.asarray((x + left + sway) * height - 0.5, np.float32)
    rows = np.asarray((depth * (1 + view.pressure) + 0.5 * sway) * height - 0.5, np.float32)
    echo_db, specular, transmission = (
        cv2.remap(field, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        for field in (tissue.echo_db, tissue.specular, tissue.transmission_db)
    )
    masks = []
    for lesion, spicules in zip(lesions, chance.spicules, strict=True):
        inside, around, gain, distance = _lesion_maps(lesion, depth, x + view.shift, view.growth, spicules)
        echo_db = echo_db + around + inside * (lesion.level_db + 2 * chance.mottle - echo_db)
        specular = specular * (1 - inside)
        transmission = transmission + gain
        masks.append(distance > 0)
    # Time-gain compensation never quite meets the attenuation: the far field fades.
    received = transmission + view.gain_db - 9 * np.maximum(depth - 0.45, 0) / 0.55
    diffuse, steady = 10 ** ((echo_db + received) / 20), specular * 10 ** (received / 20)
    echo = envelope(diffuse.astype(np.float32), steady.astype(np.float32), chance.scatterers)
    return compress(echo, view.range_db), masks


def on_screen(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give a picture the scanner's tint, probe marker and body mark. (H, W) to (H, W, 3) uint8, red first."""
    height, width = grey.shape
    screen = np.asarray(np.clip(np.rint(grey[..., None] * TINT), 0, 255), np.uint8)
    screen[: max(height // 50, 1), width // 13 : width // 13 + max(width // 50, 1)] = (250, 200, 40)
    top, left = height - height // 8, width - width // 11
    screen[top:, left:] = (128, 118, 168)
    cv2.ellipse(screen, (left, top), (width // 18, height // 12), 0, 0, 90, (60, 55, 80), 1)
    return screen


def draw_calipers(screen: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
    """Draw crosses at both ends of the mask's width and height into ``screen`` (H, W, 3) uint8."""
    rows, columns = np.nonzero(mask)
    arm = max(mask.shape[0] // 60, 1)
    for extreme in (columns.argmin(), columns.argmax(), rows.argmin(), rows.argmax()):
        centre = (int(columns[extreme]), int(rows[extreme]))
        cv2.drawMarker(screen, centre, (215, 220, 90), cv2.MARKER_CROSS, 2 * arm + 1, 1)
