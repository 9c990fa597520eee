"""The datasets that are known, by their names in params.yaml."""

from guidedseg.datasets import breast, bus_bra, bus_uclm, busi, busis, folder, phantom, phantom_elsewhere, udiat
from guidedseg.datasets.dataset import Dataset

DATASETS: dict[str, Dataset] = {
    module.DATASET.name: module.DATASET
    for module in (phantom, phantom_elsewhere, bus_uclm, busi, bus_bra, breast, udiat, busis, folder)
}
