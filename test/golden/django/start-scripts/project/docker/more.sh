python manage.py collectstatic --noinput && python manage.py setup_groups --late
python manage.py shell -c "print(1)"
