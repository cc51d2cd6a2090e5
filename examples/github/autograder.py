"""The autograder of a Classroom 50 assignment: CLASSROOM/autograders/ASSIGNMENT/autograder.py in the teacher's repository.

Its runner calls it in the student's checkout, and reads result.json. Change FILE, ASSIGNMENT and PACKAGE.
"""

import subprocess
import sys

FILE = "homework.ipynb"
ASSIGNMENT = "udl-7.2"
PACKAGE = "backmark==0.3.0"

subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", PACKAGE], check=True)
command = [sys.executable, "-P", "-m", "backmark", "autograde", "github", FILE, "--assignment", ASSIGNMENT]
status = subprocess.run([*command, "--classroom50", "result.json"], check=False).returncode
# Not passed is a result. All else is a failure of the grader's, which Classroom 50 must not take for a mark.
sys.exit(0 if status in {0, 1} else status)
