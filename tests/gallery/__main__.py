"""Makes the mails of the gallery and takes their pictures: python -m tests.gallery FOLDER."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sqlalchemy import create_engine

from communique.database import upgrade
from communique.embedded import server
from tests.gallery.mails import SHOWN, gallery
from tests.gallery.pictures import take


def main(folder: Path) -> None:
    """Writes each mail (.eml), its plain text and its pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, server(Path(home)) as url:
        engine = create_engine(url)
        upgrade(engine)
        mails = gallery(engine, Path(home))
        engine.dispose()
    for name, mail in mails.items():
        (folder / f"{name}.eml").write_bytes(mail.as_bytes())
        plain = mail.get_body(("plain",))
        assert plain is not None
        (folder / f"{name}.txt").write_text(plain.get_content(), encoding="utf-8")
    for picture in take({name: mails[name] for name in SHOWN}, folder):
        print(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
