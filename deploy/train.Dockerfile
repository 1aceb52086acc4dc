FROM python:3.11-slim AS packages
WORKDIR /build
COPY pyproject.toml constraints.txt ./
RUN touch README.md \
 && python3 -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --no-cache-dir -c constraints.txt ".[train]"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home hiercoop
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=packages /opt/venv /opt/venv
COPY hiercoop hiercoop
# Learning writes here; the named volume that hides it takes over its owner.
RUN mkdir runs && chown hiercoop runs
USER hiercoop
ENTRYPOINT ["python", "-m", "hiercoop.cli"]
CMD ["train", "hiercoop", "--preset", "fast"]
