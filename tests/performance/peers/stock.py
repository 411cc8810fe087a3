"""The stock assembly, as tutorials have it: sync FastAPI, Mangum, the ORM without a pool, boto3, Tracer."""

import os
import ssl
from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from fastapi import Depends, FastAPI, Header, HTTPException, Path, Request
from fastapi.responses import Response
from mangum import Mangum
from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger, Boolean, NullPool, String, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

logger = Logger(service="stock")
metrics = Metrics(namespace="Stock", service="stock")
tracer = Tracer(service="stock")
rds = boto3.client("rds")

url = make_url(os.environ["DATABASE_URL"]).set(drivername=f"postgresql+{os.environ.get('DRIVER', 'pg8000')}")
if url.drivername.endswith("pg8000"):
    verified = {"ssl_context": ssl.create_default_context(cafile=os.environ["DATABASE_CA_FILE"])}
else:
    verified = {"sslmode": "verify-full", "sslrootcert": os.environ["DATABASE_CA_FILE"]}
engine = create_engine(url, poolclass=NullPool, connect_args=verified)
SessionLocal = sessionmaker(engine)


@event.listens_for(engine, "do_connect")
def sign_in(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> None:
    options["password"] = rds.generate_db_auth_token(
        DBHostname=url.host, Port=url.port, DBUsername=url.username, Region=os.environ["AWS_REGION"]
    )


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    role: Mapped[str] = mapped_column(String(5))
    is_active: Mapped[bool] = mapped_column(Boolean)


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str]


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    description: str


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def get_user(request: Request, db: Annotated[Session, Depends(get_db)]) -> User:
    claims = request.scope["aws.event"]["requestContext"]["authorizer"]["jwt"]["claims"]
    user = db.scalar(select(User).where(User.id == int(claims["sub"])))
    if user is None or not user.is_active:
        raise HTTPException(403)
    return user


app = FastAPI(openapi_url=None)


@app.get("/api/v1/items/{item_id}", response_model=ItemOut)
def get_item(
    item_id: Annotated[int, Path(ge=1)],
    response: Response,
    user: Annotated[User, Depends(get_user)],
    db: Annotated[Session, Depends(get_db)],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Any:
    item = db.get(Item, item_id)
    if item is None:
        raise HTTPException(404)
    etag = f'"{sha256(ItemOut.model_validate(item).model_dump_json().encode()).hexdigest()[:32]}"'
    if if_none_match == etag:
        return Response(status_code=304)
    response.headers["ETag"] = etag
    return item


asgi = Mangum(app, lifespan="off")


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    metrics.add_metric(name="Calls", unit="Count", value=1)
    logger.info("GET /api/v1/items/{id}")
    return asgi(event, context)
