"""Reads the content files of a folder; what cannot be read becomes a line of "file: key: problem and fix"."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from messages import about
from messages.about import About
from messages.checks import Content
from messages.protocol import Protocol


def read(folder: Path, faults: list[str]) -> Content:
    """Return every content file below ``folder``, and add what is wrong with their shape to ``faults``.

    Languages are the folders of ``text/``.
    """
    texts, abouts = _texts(folder, faults)
    return Content(
        protocols=_protocols(folder, faults),
        protocol_files=frozenset(path.stem for path in folder.glob("protocols/*.toml")),
        texts=texts,
        abouts=abouts,
        keywords={path.stem: _toml(folder, path, faults) for path in sorted(folder.glob("keywords/*.toml"))},
        numbers=_toml(folder, folder / "emergency.toml", faults),
    )


def _texts(
    folder: Path, faults: list[str]
) -> tuple[dict[str, dict[str, dict[str, Any]]], dict[tuple[str, str], About]]:
    texts: dict[str, dict[str, dict[str, Any]]] = {}
    abouts = {}
    for language in (path for path in sorted(folder.glob("text/*")) if path.is_dir()):
        files = texts[language.name] = {}
        for path in sorted(language.glob("*.toml")):
            data = _toml(folder, path, faults)
            if not data:
                files[path.stem] = {}
                continue
            said, problems = about.read(_name(folder, path), data)
            faults += problems
            if said is not None:
                abouts[language.name, path.stem] = said
            files[path.stem] = {
                key: value.strip() if isinstance(value, str) else value for key, value in data.items() if key != "about"
            }
    return texts, abouts


def _protocols(folder: Path, faults: list[str]) -> dict[str, Protocol]:
    found = {}
    for path in sorted(folder.glob("protocols/*.toml")):
        file = _name(folder, path)
        data = _toml(folder, path, faults)
        _, problems = about.read(file, data)
        faults += problems
        try:
            protocol = Protocol.model_validate(data)
        except ValidationError as error:
            told = [one for one in error.errors() if one["loc"][:1] != ("about",)]
            faults += [f"{file}: {_where(one['loc'])}: {one['msg']}: correct it" for one in told]
            continue
        if protocol.id != path.stem:
            faults.append(f"{file}: id: is '{protocol.id}': make it the name of the file")
        found[protocol.id] = protocol
    return found


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "file"


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _toml(folder: Path, path: Path, faults: list[str]) -> dict[str, Any]:
    file = _name(folder, path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.append(f"{file}: file: missing: add it")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{file}: file: not valid TOML in UTF-8 ({error}): correct that line")
    return {}
