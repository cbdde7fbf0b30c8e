"""The chapters of a report, 要点 to 下一步工作, made of what the sections found."""
