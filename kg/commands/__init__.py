"""The commands of `hcc-kg`, one module each; `kg.cli` gathers them."""
