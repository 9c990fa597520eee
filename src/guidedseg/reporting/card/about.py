"""What a card says of the images that a network was trained on."""

from typing import NamedTuple


class About(NamedTuple):
    """A dataset as its readers must know it.

    Attributes:
        title: its name.
        people: whose images, from where.
        licence: of the images.
        limits: what such training does not cover.
        citation: how to cite it.
        link: where it is described.
    """

    title: str
    people: str
    licence: str
    limits: str
    citation: str
    link: str


DATASETS = {
    "bus_uclm": About(
        title="BUS-UCLM",
        people="683 B-mode images of 38 patients, taken with one scanner (Siemens ACUSON S2000): 419 without a lesion, "
        "174 with a benign and 90 with a malignant one.",
        licence="The dataset's page says CC BY 4.0, earlier versions CC BY-NC: check before use beyond research.",
        limits="One scanner and few patients: expect worse on images from elsewhere, and measure it.",
        citation="Vallez et al., BUS-UCLM: Breast ultrasound lesion segmentation dataset, Sci Data 12:242 (2025).",
        link="https://doi.org/10.17632/7fvgj4jsp7",
    ),
    "phantom": About(
        title="the drawn phantom",
        people="Pictures that guidedseg draws by itself: no ultrasound image of a person was used.",
        licence="Drawn by guidedseg; free of rights of others.",
        limits="It knows drawn pictures only. On an ultrasound image of a person its masks mean nothing: such a bundle "
        "is there to try the program.",
        citation="None.",
        link="",
    ),
}
