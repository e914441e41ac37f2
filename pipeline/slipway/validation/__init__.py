"""Great Expectations lives here and nowhere else."""

import logging

# else the first line of a task that stopped stands below hundreds of lines of its own; one of its
# loggers sets a level for itself when it is imported
logging.getLogger("great_expectations").setLevel(logging.WARNING)
logging.getLogger("great_expectations.data_context.types.base").addFilter(
    lambda record: record.levelno >= logging.WARNING
)
