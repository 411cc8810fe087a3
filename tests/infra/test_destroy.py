"""`make destroy` is for stages that come and go."""

from pathlib import Path

import pytest

from infra.tools.deployment import destroy, samconfig


@pytest.mark.parametrize("parameters", ["Stage=prod", "Stage=staging DeletionProtection=true"])
def test_a_stage_that_is_to_stay_stays(
    parameters: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked of the account: there are no credentials here."""
    (tmp_path / "samconfig.toml").write_text(
        f'[x.deploy.parameters]\nstack_name = "acme-x"\nparameter_overrides = "{parameters}"\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["destroy", "x"])
    assert Path("samconfig.toml") == samconfig.FILE
    with pytest.raises(SystemExit, match="make destroy does not delete acme-x"):
        destroy.main()
