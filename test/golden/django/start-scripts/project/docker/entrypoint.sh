#!/bin/sh
set -e

until nc -z "$DB_HOST" 5432; do
  sleep 1
done

python /srv/app/manage.py migrate --noinput
python manage.py createcachetable
python manage.py loaddata categories
python manage.py setup_groups --all || true
python manage.py update_index
if [ -n "$DJANGO_SUPERUSER_PASSWORD" ]; then
  python manage.py createsuperuser --noinput
fi
. docker/more.sh
exec "$@"
