"""Who works here, with which rights over which areas, and the doors that are not accounts."""
