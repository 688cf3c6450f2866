"""The directory: firms as we understand them after merging records, dated twice, matched, searched and explained."""
