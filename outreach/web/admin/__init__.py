"""The administrator's pages: what needs attention, users and rights, areas and place, audit."""
