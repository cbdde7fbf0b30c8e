@echo off
chcp 936 >nul
setlocal DisableDelayedExpansion
title 社区治理工作台
pushd "%~dp0"
if errorlevel 1 goto nofolder
set "ENV_FOLDER=%LOCALAPPDATA%\govkit\$name"
set "ENV_PYTHON=%ENV_FOLDER%\Scripts\python.exe"
if exist "%ENV_FOLDER%\ready.txt" goto run
echo 第一次运行：正在安装到 "%ENV_FOLDER%"，要几分钟，不需要联网……
set "BASE_PYTHON="
if exist "python\python.exe" set "BASE_PYTHON=python\python.exe"
if not defined BASE_PYTHON for /f "delims=" %%P in ('py -$python -c "import sys; print(sys.executable)" 2^>nul') do set "BASE_PYTHON=%%P"
if not defined BASE_PYTHON goto nopython
if exist "%ENV_FOLDER%" rmdir /s /q "%ENV_FOLDER%"
"%BASE_PYTHON%" -m venv "%ENV_FOLDER%"
if errorlevel 1 goto failed
"%ENV_PYTHON%" -m pip install --quiet --disable-pip-version-check --no-index --find-links "wheels" --require-hashes -r "requirements.txt"
if errorlevel 1 goto failed
echo ok> "%ENV_FOLDER%\ready.txt"
:run
if "%~1"=="" goto usual
"%ENV_PYTHON%" -m govkit desk "%~f1"
goto ended
:usual
"%ENV_PYTHON%" -m govkit desk
:ended
if errorlevel 1 pause
popd
exit /b 0
:nofolder
echo 进不了这个文件夹。请把整个文件夹复制到本机硬盘上再运行。
pause
exit /b 1
:nopython
echo 这台电脑没有 Python $python。请先安装本文件夹里的 python-$python.*-amd64.exe；没有的，见 说明.txt。
pause
popd
exit /b 1
:failed
echo 没有装成。请看上面的信息；磁盘要有 2 GB 空间，文件夹要完整（SHA256.txt 可核对）。
pause
popd
exit /b 1
