"""All departments with their courses."""

from xinglin.synthetic.courses import (
    cardiology,
    endocrinology,
    gastroenterology,
    gynecology,
    hematology,
    nephrology,
    neurology,
    obstetrics,
    pediatrics,
    respiratory,
    rheumatology,
    urology,
)
from xinglin.synthetic.courses.model import Course

DEPARTMENTS = (
    cardiology.DEPARTMENT,
    respiratory.DEPARTMENT,
    gastroenterology.DEPARTMENT,
    endocrinology.DEPARTMENT,
    neurology.DEPARTMENT,
    nephrology.DEPARTMENT,
    rheumatology.DEPARTMENT,
    hematology.DEPARTMENT,
    pediatrics.DEPARTMENT,
    gynecology.DEPARTMENT,
    obstetrics.DEPARTMENT,
    urology.DEPARTMENT,
)
"""Clinical departments, in the order in which the hospital lists them."""

COURSES: dict[str, Course] = {course.code: course for department in DEPARTMENTS for course in department.courses}
"""Every course by its code."""

HOME = {course.code: department.code for department in DEPARTMENTS for course in department.courses}
"""The department of each course."""

assert len(COURSES) == sum(len(department.courses) for department in DEPARTMENTS), "a course is declared twice"
