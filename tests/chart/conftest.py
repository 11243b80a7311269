# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

HERE = pathlib.Path(__file__)
sys.path[:0] = [str(HERE.parents[1] / "system"), str(HERE.parents[1] / "deploy")]
