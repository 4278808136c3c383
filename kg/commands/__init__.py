"""The commands of `hcc-kg`, by module; `kg.cli` gathers them."""
