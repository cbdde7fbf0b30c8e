"""govkit: analyse, report and show community-governance experimental zones (社区治理实验区)."""
