"""A peer: the same script as a notebook, run by papermill and turned into HTML by nbconvert.

`python benchmarks/peers/notebook.py FOLDER OUT`
"""

import subprocess
import sys
from pathlib import Path

import nbformat
import papermill


def main(folder, out):
    script = Path(__file__).with_name("afternoon.py").read_text("utf-8")
    imports, constants, end = (
        script.index(mark) for mark in ("import base64", "SUBJECT, ", 'if __name__ == "__main__":')
    )
    first, body = script[imports:constants], script[constants:end]
    cells = [
        nbformat.v4.new_code_cell("folder = out = ''", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(first),
        nbformat.v4.new_code_cell(body.replace('    HTML(string=page).write_pdf(out / "report.pdf")\n', "")),
        nbformat.v4.new_code_cell("main(Path(folder), Path(out))"),
    ]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), out / "report.ipynb")
    papermill.execute_notebook(
        out / "report.ipynb", out / "done.ipynb", {"folder": str(folder), "out": str(out)}, progress_bar=False
    )
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--log-level", "ERROR", str(out / "done.ipynb")], check=True
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
