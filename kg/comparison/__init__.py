"""Two editions side by side: who is classified differently, and by which criterion."""
