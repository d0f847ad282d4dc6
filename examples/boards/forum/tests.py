from unittest import mock

from django.db import OperationalError, connection
from django.test import TestCase


class HealthTests(TestCase):
    def test_ok(self):
        response = self.client.get("/health/")
        self.assertEqual(response.content, b"ok\n")
        self.assertEqual(response["Content-Type"], "text/plain")

    def test_a_lost_database_shows(self):
        failing = mock.patch.object(connection, "cursor", side_effect=OperationalError)
        with failing, self.assertLogs(level="ERROR"):
            response = self.client.get("/health/")
        self.assertEqual(response.status_code, 503)
