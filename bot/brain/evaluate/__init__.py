"""How well citizens are understood: ``python -m bot.brain.evaluate`` measures it and writes a page of figures."""
