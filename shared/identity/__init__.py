"""Who calls: tokens verified and issued, the keys that sign them, users and their names."""
