"""Where the shop's endpoint is."""

from django.urls import path

from examples.ticket_shop.views import orders

urlpatterns = [path("orders", orders)]
