"""What is mistyped is answered with what was meant, in one style, with exit code 2."""

import pytest


@pytest.fixture(autouse=True)
def own(monkeypatch, tmp_path):
    """The user's own configuration file."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config/srcli").mkdir(parents=True)
    return tmp_path / "config/srcli/srcli.toml"


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["upscael"], "There is no command 'upscael'.", "Did you mean upscale?"),
        (["models", "lst"], "There is no command 'lst'.", "Did you mean list?"),
        (["zzz"], "There is no command 'zzz'.", "Run `srcli --help`."),
        (["upscale", "--qualty"], "has no option --qualty.", "Did you mean --quality?"),
        (["upscale", "-Z"], "has no option -Z.", "upscale --help` for what may be typed."),
        (["upscale", "a.png", "--alpha", "blead"], "'blead' is not one of", "Did you mean bleed?"),
        (["models", "list", "--purpose", "pohto"], "'--purpose'", "Did you mean photo?"),
        (["bench", "--format", "htlm"], "'htlm' is not one of", "Did you mean html?"),
        (["train", "--network", "asnd"], "'asnd' is not one of", "Did you mean asdn?"),
        (["bench", "--dataset", "Set15"], "no data set named Set15.", "Did you mean Set5"),
        (["upscale", "photo.png", "-f", "pgn"], ".pgn is no format", "Did you mean .png"),
        (["upscale", "poto.png"], "poto.png does not exist.", "Did you mean photo.png?"),
        (
            ["upscale", "photo.png", "--model", "asdn-fsat"],
            "'asdn-fsat'.",
            "Did you mean asdn-fast?",
        ),
        (["upscale", "photo.png", "--model", "min.pth"], "min.pth.", "Did you mean mine.pth?"),
        (["models", "import", "min.pth"], "There is no file min.pth.", "Did you mean mine.pth?"),
        (["upscale", "--quality", "300"], "less than or equal to 100.", "for what may be typed."),
    ],
)
def test_words_on_the_command_line(srcli, photo, words, message, hint):
    (photo.parent / "mine.pth").touch()
    done = srcli(*words)
    assert (done.returncode, done.stdout) == (2, "")
    said = done.stderr.splitlines()
    assert said[0].startswith("error: ")
    assert message in said[0]
    assert said[1].startswith("hint: ")
    assert hint in said[1]


def test_a_picture_in_the_place_of_a_command_is_recognised(srcli, photo):
    done = srcli(photo.name)
    assert done.stderr.endswith(f"hint: To enlarge that file, run `srcli upscale {photo.name}`.\n")


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("[upscale]\nqualty = 90\n", "Did you mean quality?"),
        ("[upscael]\nquality = 90\n", "Did you mean upscale?"),
        ("ofline = true\n", "Did you mean offline?"),
        ("[upscale]\nzzz = 90\n", "Run `srcli upscale --help` for the flags that it may set."),
    ],
)
def test_keys_of_a_configuration_file(srcli, own, content, hint):
    own.write_text(content)
    done = srcli("models", "path")
    assert done.returncode == 2
    assert f"hint: {hint}" in done.stderr


def test_a_key_of_a_run_file(srcli, tmp_path):
    (tmp_path / "run.toml").write_text("stepz = 9\n")
    assert "hint: Did you mean steps?" in srcli("train", "--config", "run.toml").stderr


def test_an_unknown_variable_is_warned_of_and_the_work_is_done(srcli, monkeypatch):
    monkeypatch.setenv("SRCLI_OFLINE", "1")
    monkeypatch.setenv("SRCLI_DATA_DIR", "data")
    monkeypatch.setenv("SRCLI_UPSCALE_QUALITY", "90")
    done = srcli("models", "path")
    assert done.returncode == 0
    assert (
        "warning: The variable SRCLI_OFLINE means nothing. Did you mean SRCLI_OFFLINE"
        in done.stderr
    )
    assert done.stderr.count("means nothing") == 1


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_the_version_has_a_short_flag(srcli, flag):
    assert srcli(flag).stdout.startswith("srcli ")


def test_inputs_may_be_given_by_a_flag(srcli, photo, tmp_path):
    done = srcli("upscale", "-i", photo.name, "--model", "bicubic", "-o", "out.png")
    assert (done.returncode, done.stdout) == (0, "out.png\n")
    assert (tmp_path / "out.png").exists()
