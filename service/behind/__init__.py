"""What runs behind the log: packs, histories kept at hand, current rows, their audit."""
