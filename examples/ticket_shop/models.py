"""The shop's own table."""

from django.db import models


class Order(models.Model):
    """A seat that was sold, and to whom: `contact` is a contact ID, `booking` a booking number of doocore."""

    seat = models.CharField(max_length=10, unique=True)
    booking = models.CharField(max_length=40)
    contact = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"{self.seat}: {self.booking}"
