"""What "late" means: values in, verdict out. No database, no clock, no names. In words: docs/timeliness.md.

Start reading: `judgement.judge`; `duty.duties_of` makes its questions from shifts, `facts` says what it must know.
"""
