"""Where doses are given: sites, their days and slots, appointments, and what happens there."""
