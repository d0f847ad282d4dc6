import os

MAIL_TOKEN = os.environ["MAIL_TOKEN"]
