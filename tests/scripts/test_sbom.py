"""What the dashboard is made of: every package is named, and bears a hash."""

import json
import re

import pytest

from scripts import sbom
from scripts.install import ROOT
from scripts.refusal import Refusal


def test_t39_every_package_of_the_locks_is_listed_with_its_hash():
    found = sbom.document(ROOT)["components"]
    named = {(one["purl"].split("/")[0], one["name"]) for one in found}
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert {("pkg:pypi", name) for name in locked} <= named
    assert ("pkg:npm", "chart.js") in named
    assert all(one["hashes"] for one in found)
    assert len(named) == len(found)


@pytest.mark.parametrize("text", ["django==5.2\n", "django>=5 \\\n    --hash=sha256:" + "0" * 64])
def test_t39_a_package_without_version_or_hash_is_refused(text):
    with pytest.raises(Refusal, match="without version or hash"):
        list(sbom.python_packages(text))


def test_t39_so_is_one_of_the_browser():
    lock = {"packages": {"": {}, "node_modules/a": {"version": "1"}}}
    with pytest.raises(Refusal, match="without a hash: a"):
        list(sbom.browser_packages(json.dumps(lock)))


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"]
)
def test_t39_no_lock_file_takes_a_package_by_its_name_alone(name):
    list(sbom.python_packages((ROOT / name).read_text()))


def test_it_is_printed(capsys):
    assert sbom.main() == 0
    assert json.loads(capsys.readouterr().out)["bomFormat"] == "CycloneDX"
