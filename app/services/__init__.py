"""Use cases, one class per noun. No Flask, no pymongo: collaborators come by constructor."""
