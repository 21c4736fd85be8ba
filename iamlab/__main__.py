"""``python -m iamlab`` is the `iamlab` command, for where the command itself is not on the path."""

from iamlab.cli import main

raise SystemExit(main())
