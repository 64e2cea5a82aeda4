"""Write the OpenAPI document."""

import json
import sys

from doocore_adapters.memory import MemoryStore
from examples.service.app import ContactService

if __name__ == "__main__":
    json.dump(ContactService(MemoryStore(), {}).openapi(), sys.stdout, indent=2)
