from setuptools import setup

setup(name="chat", python_requires=">=3.9", install_requires=["Django>=3.2", "channels", "channels-redis"])
