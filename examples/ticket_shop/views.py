"""One endpoint: sell a seat."""

import json

from django.db import IntegrityError, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from doocore import Booker, DooCoreError
from doocore_adapters.cattrs import booking_from_plain
from examples.ticket_shop.contacts import contact_center
from examples.ticket_shop.models import Order


@require_POST
def orders(request: HttpRequest) -> JsonResponse:
    """Take in a booking and sell its seat, both or neither."""
    order = json.loads(request.body)
    try:
        with transaction.atomic():
            result = contact_center(Booker()).book(booking_from_plain(order["booking"]))
            sold = Order.objects.create(
                seat=order["seat"], booking=result.number, contact=result.booker.contact_id or ""
            )
    except IntegrityError:
        return JsonResponse({"code": "seat_taken"}, status=409)
    except DooCoreError as error:
        return JsonResponse({"code": error.code, "detail": str(error)}, status=422)
    return JsonResponse({"booking": sold.booking, "contact": sold.contact}, status=201)
