SECRET_KEY = "fill in"
