from setuptools import setup

setup(name="parcels", version="1.0", packages=["parcels"], install_requires=["Django>=5.2,<5.3"])
