# Copyright (c) mtcp_mm authors. All rights reserved.
"""Build script. Needs neither torch nor any OpenMMLab package."""
import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
# What mim looks for below mtcp_mm/.mim.
MIM_FILES = ('configs', 'tools', 'model-index.yml', 'metafile.yml')


class BuildWithMim(build_py):
    """Put configs and tools below ``.mim``: links if editable, else copies.

    The copies go to the build folder, so that building a wheel never leaves
    stale ones in the checkout.
    """

    def run(self):
        super().run()
        editable = getattr(self, 'editable_mode', False)
        base = ROOT if editable else Path(self.build_lib)
        target = base / 'mtcp_mm' / '.mim'
        if target.exists():
            shutil.rmtree(target)
        target.mkdir(parents=True)
        for name in MIM_FILES:
            if editable:
                (target / name).symlink_to(Path('..', '..', name))
            elif (ROOT / name).is_dir():
                shutil.copytree(
                    ROOT / name,
                    target / name,
                    ignore=shutil.ignore_patterns('__pycache__', '*.py[cod]'))
            else:
                shutil.copy2(ROOT / name, target / name)


def read_version():
    """Return the version without importing the package."""
    text = (ROOT / 'mtcp_mm' / 'version.py').read_text(encoding='utf-8')
    return re.search(r"^__version__ = '(.+)'$", text, re.MULTILINE).group(1)


def read_requirements(name):
    """Return the lines of ``requirements/<name>.txt`` without comments."""
    text = (ROOT / 'requirements' / f'{name}.txt').read_text(encoding='utf-8')
    lines = (line.split('#')[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def read_readme():
    """Return the text of README.md, if there is one."""
    readme = ROOT / 'README.md'
    return readme.read_text(encoding='utf-8') if readme.exists() else ''


if __name__ == '__main__':
    setup(
        name='mtcp_mm',
        version=read_version(),
        description='Dense multi-task learning (MT-CP, WACV 2025) as an '
        'OpenMMLab plugin',
        long_description=read_readme(),
        long_description_content_type='text/markdown',
        author='mtcp_mm authors',
        license='Apache-2.0',
        keywords='computer vision, multi-task learning, dense prediction',
        packages=find_packages(include=['mtcp_mm', 'mtcp_mm.*']),
        include_package_data=True,
        python_requires='>=3.10,<3.14',
        install_requires=read_requirements('runtime'),
        extras_require={
            'mim': read_requirements('mminstall'),
            'nyud': ['h5py'],  # tools/dataset_converters/nyud_mat2mt.py
            'onedl': read_requirements('onedl'),
            'tests': read_requirements('tests'),
        },
        cmdclass={'build_py': BuildWithMim},
        zip_safe=False)
