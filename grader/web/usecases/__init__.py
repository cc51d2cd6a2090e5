"""The use cases of each noun, once: the API and the pages translate to and from them, and hold no rule of their own."""
