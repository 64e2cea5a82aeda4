"""The tables of a shop that uses SQLAlchemy."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The shop's own tables; doocore's are not among them."""


class Order(Base):
    """A seat that was sold, and to whom: `contact` is a contact ID of doocore."""

    __tablename__ = "orders"

    seat: Mapped[str] = mapped_column(primary_key=True)
    contact: Mapped[str]
