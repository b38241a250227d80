"""The entry points: web, live, work, connect, up and the command line. The only place that joins parts."""
