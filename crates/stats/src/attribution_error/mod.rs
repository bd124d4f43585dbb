//! What an imperfect AI / human label does to a figure, and how far it can be repaired.
